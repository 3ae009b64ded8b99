"""What images are checked for besides closure: the contract of distroless, and what always holds."""
