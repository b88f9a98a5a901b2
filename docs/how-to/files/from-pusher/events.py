from django_aws_api_gateway_websockets.channels import channel, publish


def trigger(channels, event, data, exclude=()):
    """Publish an event to channels, as servers of such services are told to."""
    for name in [channels] if isinstance(channels, str) else channels:
        publish(name, {"event": event, "data": data}, exclude=exclude)


def subscription_count(name):
    return channel(name).count()


def user_ids(name):
    return [member.user.pk for member in channel(name).members() if member.user]
