"""Reading Swedish as people write it: ages, places, and the short words that steer a conversation.

One reader for all: ``triage`` reads facts of messages with it, ``conversations`` what a bare word
wishes, and ``actions`` the answers of the intake form. Pure: texts in, values out. May use
``services.vocabulary``; knows nothing of conversations, and judges no urgency.
"""
