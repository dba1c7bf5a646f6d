import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RequestsQuery } from '../../api/index.ts'
import type { RolloutId } from '../../core/index.ts'
import type { Caller } from '../access/authenticate.ts'
import type { ControlPlane } from '../control-plane.ts'

const FILE = 'request-exports.jsonl'

/** Writes down, in the data folder, who reads requests and which, before the first is sent. */
export async function auditExport(
  { settings, clock, logger }: ControlPlane,
  { principal, token }: Caller,
  query: RequestsQuery & { readonly rollout?: RolloutId },
): Promise<void> {
  const entry = {
    at: new Date(clock.now()).toISOString(),
    by: principal.name,
    token: token.id,
    ...query,
  }
  await appendFile(join(settings.dataDir, FILE), `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  logger.info(entry, 'requests are exported')
}
