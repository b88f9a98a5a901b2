"""The costs of a month, in the currency of the two prices."""

PRICE_OF_A_MILLION_MESSAGES = 1.00
PRICE_OF_A_MILLION_MINUTES = 0.25

users = 1_000
days = 22
hours_connected = 8
sent_by_each = 50
received_by_each = 500

minutes = users * days * hours_connected * 60
# A message of up to 32 KB is one unit, one of 33 KB is two; each recipient counts.
units = users * days * (sent_by_each + received_by_each)

print(f"{minutes / 1e6 * PRICE_OF_A_MILLION_MINUTES:.2f} for {minutes:,} minutes of connection")
print(f"{units / 1e6 * PRICE_OF_A_MILLION_MESSAGES:.2f} for {units:,} messages")
