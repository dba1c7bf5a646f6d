export { type GatewayOptions, type RunningGateway, runGateway } from './gateway.ts'
export { openGateway, type ServingGateway } from './serving.ts'
export { GatewayState } from './state.ts'
export { defaultAccessLog, type TelemetryOptions } from './telemetry/open.ts'
