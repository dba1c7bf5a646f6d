export { type GatewayOptions, type RunningGateway, runGateway } from './gateway.ts'
export { defaultAccessLog, openTelemetry, type TelemetryOptions } from './telemetry/open.ts'
