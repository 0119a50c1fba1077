"""SMS and phone through Twilio: signed webhooks in, REST and TwiML out. Nothing is decided here.

Off without credentials. Talks to ``conversations``; text messages leave through its outbox, which
this room gives a carrier.
"""
