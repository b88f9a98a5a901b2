import { makeAlarm } from "./clock.js";

/**
 * The members of a channel: a snapshot and the changes after it, joined by their version.
 *
 * `tell(type, detail)` gets `joined` and `left` with a member, and `presence` with all of them;
 * `ask()` is called when a change is missing. Somebody who reloads a page is away for a moment,
 * so a leave is told after `graceMs` only, unless the member is back.
 */
export function makeRoster(clock, graceMs, tell, ask) {
  const members = new Map();
  const leaving = new Map();
  let early = [];
  let version;
  let count;
  let isFirst = true;

  const view = () => ({ members: [...members.values()], count: count ?? members.size });

  function join(member, isSilent) {
    leaving.get(member.id)?.();
    leaving.delete(member.id);
    const isNew = !members.has(member.id);
    members.set(member.id, member);
    if (isNew && !isSilent) tell("joined", member);
  }

  function leave({ id }) {
    if (!members.has(id) || leaving.has(id)) return;
    const alarm = makeAlarm(clock);
    leaving.set(id, alarm);
    alarm(graceMs, () => {
      const member = members.get(id);
      leaving.delete(id);
      members.delete(id);
      tell("left", member);
      tell("presence", view());
    });
  }

  /** Take what tells of everybody, the members or the number alone, or of who came and went. */
  function take(state) {
    const { joined = [], left = [] } = state;
    version = state.version;
    if (state.count >= 0) {
      // Joins and leaves are not known any more.
      count = state.count;
      close();
      members.clear();
      isFirst = true;
    } else if (state.members) {
      count = undefined;
      const ids = new Set(state.members.map((member) => member.id));
      for (const member of members.values()) if (!ids.has(member.id)) leave(member);
      state.members.forEach((member) => join(member, isFirst));
      isFirst = false;
    } else if (count >= 0) {
      // Without names of the others, a few are no list.
      count += joined.length - left.length;
    } else {
      joined.forEach((member) => join(member));
      left.forEach(leave);
    }
  }

  function close() {
    leaving.forEach((alarm) => alarm());
    leaving.clear();
  }

  function apply() {
    early = early.filter((change) => change.version > version);
    early.sort((one, other) => one.version - other.version);
    while (early[0]?.version === version + 1) take(early.shift());
    if (early.length) ask();
    tell("presence", view());
  }

  function snapshot(state) {
    if (state.version < version) return;
    take(state);
    apply();
  }

  return {
    view,
    /** Tell whether a change is known to be missing. */
    _hasHole: () => version !== undefined && early.length > 0,
    /** The connection is gone, so whatever snapshot comes next is newer. */
    _expire() {
      version = undefined;
      early = [];
    },
    /** While two sockets are open, the second one's snapshot can be older than the first one's changes. */
    _snapshot: snapshot,
    change(change) {
      // Members that did not fit into the reply come in a frame of their own.
      if (change.members) return snapshot(change);
      early.push(change);
      if (version !== undefined) apply();
    },
    close,
  };
}
