import type { ServerSettings } from '../../control-plane.ts'

/** Where a gateway answers for a model in an environment, without a header that names it. */
export function endpointOf(
  { gatewayUrl }: Pick<ServerSettings, 'gatewayUrl'>,
  model: string,
  environment: string,
): string {
  return `${gatewayUrl}/environments/${environment}/v2/models/${model}/infer`
}
