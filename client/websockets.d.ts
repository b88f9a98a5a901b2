/** Last message taken of a channel with history: epoch, number and tag. */
export type Position = [epoch: string, seq: number, tag: string];

export interface Member {
  /** Chosen by the server; the same in all tabs of a user. */
  id: string | number;
  [detail: string]: unknown;
}

export interface Message<Data = unknown> {
  data: Data;
  /** Only of a channel with history. */
  seq?: number;
  tag?: string;
}

export interface Presence {
  /** Empty where a channel tells how many there are only. */
  members: Member[];
  count: number;
}

export type State = "connecting" | "open" | "waiting" | "offline" | "stopped";

export interface Status {
  state: State;
  /** In the server's words, or one of the reasons in the documentation; empty when there is none. */
  reason: string;
  /** Seconds until the next attempt, while waiting for it. */
  retryIn?: number;
}

/** The error that rejects a promise of `request` or `publish`. */
export interface WebSocketsError extends Error {
  code: string;
}

/** `setTimeout` and what belongs to it, for tests and for clocks that run faster. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Between 0 and 1. */
  random(): number;
  setTimeout(call: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

export interface Options {
  /** Address of the socket, `wss://…`, without a token. */
  url: string;
  /** URL that gives tokens by POST; null where anybody may connect. */
  tokenUrl?: string | null;
  /** Name of the token in the socket's query string; `ws_token`. */
  tokenParameter?: string;
  /** Member of a frame that names what it is for; `action`. */
  selectionKey?: string;
  /** Channels to be in from the start, with the position the page was rendered at. */
  channels?: Record<string, Position | null>;
  /** Name of the cookie with Django's CSRF token; `csrftoken`. */
  csrfCookie?: string;
  /** Name of the header that carries it; `X-CSRFToken`. */
  csrfHeader?: string;
  /** The CSRF token itself, where scripts cannot read the cookie. */
  csrfToken?: string;
  /** Seconds before somebody who left is told to have left; 15. */
  grace?: number;
  /** One connection for all tabs of this browser with the same address, and the same text here. */
  shared?: boolean | string;
  clock?: Partial<Clock>;
  /** In place of `window`. */
  page?: object;
  WebSocket?: new (url: string | URL) => WebSocket;
}

export interface ChannelEvents {
  message: [data: any, message: Message];
  /** Somebody has come who was not there. */
  joined: [member: Member];
  /** Somebody has been away for the grace. */
  left: [member: Member];
  /** The members who are there now, at the start and after each change. */
  presence: [presence: Presence];
  /** Messages before this position may be missing: load the state anew. */
  reset: [position: Position];
  subscribed: [channel: Channel];
  /** Cut by the server. */
  unsubscribed: [reason: string];
  /** The subscription was refused. */
  error: [error: { code: string; message?: string }];
}

export interface SocketEvents {
  status: [status: Status];
  /** A frame of the application, or a message of a channel without a listener. */
  message: [frame: any];
  /** This frame found no room in the queue, and is not sent. */
  full: [frame: object];
}

declare class Emitter<Events extends Record<keyof Events, unknown[]>> {
  /** Returns what ends it. */
  on<Type extends keyof Events>(type: Type, listener: (...details: Events[Type]) => void): () => void;
  off<Type extends keyof Events>(type: Type, listener: (...details: Events[Type]) => void): void;
}

export class Channel extends Emitter<ChannelEvents> {
  private constructor();
  readonly name: string;
  readonly position: Position | undefined;
  readonly members: Member[];
  readonly count: number;
  publish(data: unknown): Promise<any>;
  leave(): void;
}

export class Socket extends Emitter<SocketEvents> {
  constructor(options: Options);
  readonly status: Status;
  connect(): void;
  close(): void;
  channel(name: string): Channel;
  request<Result = any>(
    name: string,
    data?: object,
    options?: { once?: boolean },
  ): Promise<Result>;
  send(frame: object): void;
}

export function connect(options: Options): Socket;

/** The page's own connection, as `{% websocket_client %}` has written it; opens when first used. */
export const socket: Socket;
