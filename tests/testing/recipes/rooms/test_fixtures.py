from chat.channels import Room


def test_one_member_hears_the_other(websocket_client, websocket_outbox, django_user_model):
    ada, grace = (
        websocket_client("/ws/room/", user=django_user_model.objects.create_user(name))
        for name in ("ada", "grace")
    )
    for client in (ada, grace):
        client.subscribe("room-7")

    ada.request("say", channel="room-7", text="Hello")

    assert grace.received == [{"from": "ada", "text": "Hello"}]
    assert [message.channel for message in websocket_outbox] == [Room(pk=7).name]


def test_a_gone_member_has_left_after_the_grace(websocket_client, websocket_clock, admin_user):
    ada = websocket_client("/ws/room/", user=admin_user)
    ada.subscribe("room-7")
    ada.close()

    assert Room(pk=7).count() == 1
    websocket_clock.advance(seconds=15)
    assert Room(pk=7).count() == 0
