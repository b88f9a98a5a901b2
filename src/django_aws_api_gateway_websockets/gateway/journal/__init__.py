"""The record of the gateway's work: entries as they happen, and logs and numbers made of them."""
