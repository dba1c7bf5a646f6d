import type { Address } from '../../api/index.ts'
import { FrameClient } from '../frames/index.ts'
import { type ReplicaStatus, replicaStatusSchema } from '../replica/index.ts'

/** A long run of the model goes before the answer. */
const STATUS_TIMEOUT_MS = 10_000

/** What listens at an address says of itself; undefined while nothing does. */
export async function statusOf(address: Address): Promise<ReplicaStatus | undefined> {
  try {
    const client = await FrameClient.open(address)
    try {
      const { body } = await client.request('status', STATUS_TIMEOUT_MS)
      return replicaStatusSchema.parse(JSON.parse(String(body)))
    } finally {
      client.close()
    }
  } catch {
    // Not listening yet, or about to end.
    return undefined
  }
}
