export { type GatewayOptions, type RunningGateway, runGateway } from './gateway.ts'
