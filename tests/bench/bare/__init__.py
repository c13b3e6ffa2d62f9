"""The smallest Django project that asks one query, served as the desk is: what every page is compared with."""
