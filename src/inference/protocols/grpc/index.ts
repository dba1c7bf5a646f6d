export { type Envelope, envelopeOf } from './envelope.ts'
export { statisticsMessage } from './model-messages.ts'
export * from './server-messages.ts'
export { GRPC, grpcMessageOf, grpcStatusOf, grpcStatusOfHttp } from './status.ts'
