import asyncio
import json

import pytest

from django_aws_api_gateway_websockets.gateway.control_plane.records import Record
from django_aws_api_gateway_websockets.gateway.control_plane.state_file import (
    StateFile,
    StateFileError,
)


def a_state(name):
    deployment = Record({"deploymentId": "d"}, snapshot={"routes": []})
    api = Record({"name": name}, {"deployments": {"d": deployment}})
    return Record({}, {"apis": {"a": api}})


async def test_the_saved_state_is_read_back(tmp_path):
    file = StateFile(tmp_path / "state.json")

    assert file.read() == Record()
    await file.save(a_state("chat"))
    assert file.read() == a_state("chat")


async def test_of_two_saves_at_once_the_later_one_stays(tmp_path):
    file = StateFile(tmp_path / "state.json")
    root = a_state("first")
    first = asyncio.create_task(file.save(root))
    await asyncio.sleep(0)
    root.children["apis"]["a"].document["name"] = "second"
    await asyncio.gather(first, file.save(root))

    assert file.read() == a_state("second")


async def test_a_save_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "state.json"
    file = StateFile(path)
    await file.save(a_state("old"))
    path.unlink()
    path.mkdir()
    with pytest.raises(StateFileError, match=r"could not be saved to .*state\.json"):
        await file.save(a_state("new"))

    assert file.last_saved() == a_state("old")
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]
    path.rmdir()


async def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "state.json"
    file = StateFile(path)
    await file.save(a_state("x" * 100_000))
    saving = asyncio.create_task(save_often(file))
    while not saving.done():
        json.loads(path.read_text())
        await asyncio.sleep(0)


async def save_often(file):
    for _ in range(10):
        await file.save(a_state("y" * 100_000))
