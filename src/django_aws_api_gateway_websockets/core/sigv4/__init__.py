"""Signature Version 4: making a signature, and checking one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""
