"""Single sign-on with OpenID Connect: allauth's flow, with the checks of the standard that it leaves to others."""
