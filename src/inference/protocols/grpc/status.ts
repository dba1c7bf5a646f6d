import { InferenceError, type InferenceErrorCode, statusOf } from '../../errors.ts'

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** The answers of HTTP's world in gRPC's. */
const OF_HTTP: Readonly<Record<number, number>> = {
  200: GRPC.ok,
  400: GRPC.invalidArgument,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.notFound,
  405: GRPC.unimplemented,
  408: GRPC.deadlineExceeded,
  413: GRPC.resourceExhausted,
  415: GRPC.unimplemented,
  429: GRPC.resourceExhausted,
  499: GRPC.cancelled,
  500: GRPC.internal,
  501: GRPC.unimplemented,
  502: GRPC.unavailable,
  503: GRPC.unavailable,
  504: GRPC.deadlineExceeded,
}

/** Where HTTP's status says less than the code. */
const OF_CODE: Partial<Readonly<Record<InferenceErrorCode, number>>> = {
  ROUTE_UNKNOWN: GRPC.unimplemented,
}

/** gRPC's status of an answer that came with one of HTTP. */
export function grpcStatusOfHttp(status: number): number {
  return OF_HTTP[status] ?? GRPC.unknown
}

export function grpcStatusOf(error: unknown): number {
  if (!(error instanceof InferenceError)) return GRPC.internal
  return OF_CODE[error.code] ?? grpcStatusOfHttp(statusOf(error))
}

/** What a client reads: nothing of our insides. */
export function grpcMessageOf(error: unknown): string {
  return error instanceof InferenceError ? error.message : 'The prediction failed inside the server'
}
