"""The demo desk: what somebody sees who looks at the product for the first time."""
