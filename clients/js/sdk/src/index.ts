export { CallError, isCallError, type CallFailure } from "./errors/call-error.js";
export { isLobbyError, LobbyError, type FieldError, type LobbyErrorDetails } from "./errors/lobby-error.js";
export { isProtocolError, ProtocolError } from "./errors/protocol-error.js";
export { protocolWords } from "./errors/protocol-words.js";
export { isRoomClosedError, RoomClosedError } from "./errors/room-closed-error.js";
export type { Emitter, Unsubscribe } from "./emitter.js";
export {
  AccountEvents,
  type AccountEvent,
  type AccountEventsMap,
  type Channel,
  type EventsEnd,
  type EventsHost,
} from "./lobby/account-events.js";
export type { Fetch } from "./lobby/http.js";
export { Lobby, type LobbyOptions } from "./lobby/lobby.js";
export type { ProviderOptions, SignInPage } from "./lobby/provider-flow.js";
export { browserTab, type Marker, type Tab, type TabHost } from "./lobby/tab.js";
export { Parties, partyCode } from "./lobby/parties.js";
export type { QueueOptions } from "./lobby/queue.js";
export type {
  Account,
  AccountInfo,
  BoardPage,
  BoardRow,
  CreateRoomRequest,
  Leaderboard,
  MatchList,
  ModeInfo,
  Page,
  Party,
  PartyMember,
  PlayedMatch,
  Profile,
  QueueStep,
  RoomFilter,
  RoomInfo,
  RoomList,
  ServerConfig,
  Ticket,
  TicketReason,
} from "./lobby/types.js";
export * as closeCode from "./net/close-code.js";
export { closeWords } from "./net/close-words.js";
export { CoreRoom, type Emitted, type Tables } from "./net/core-room.js";
export { Room } from "./net/room.js";
export type {
  CoreLifecycleEvents,
  CoreRoomOptions,
  InterpolationOptions,
  LifecycleEvents,
  Predictions,
  RoomOptions,
  RoomState,
  RoomStats,
  Seat,
  SeatSource,
} from "./net/room-options.js";
export { predict } from "./predict/predict.js";
export { predictSpawns, type SpawnOptions } from "./predict/predict-spawns.js";
export type { Hint, Prediction, PredictOptions, SpawnPrediction, Step } from "./predict/prediction.js";
export { NetworkSimulator, perfectNetwork, type NetworkConditions } from "./sim/network-simulator.js";
export { cos, sin, turn } from "./sim/sine.js";
export type { FieldKind, FieldSchema, GameSchema, GameTypes, RecordSchema, RoomSchema, TableSchema } from "./schema-type.js";
export type { Codec } from "./state/codec.js";
export { curves, type Curves } from "./state/curves.js";
export { plain } from "./state/plain.js";
export type { Table } from "./state/table.js";
export type { BackoffOptions } from "./time/backoff.js";
export type { Environment, WebSocketLike } from "./time/environment.js";
