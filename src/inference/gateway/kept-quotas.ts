import { join } from 'node:path'
import { z } from 'zod'
import { type QuotaUse, quotaUseSchema } from '../../api/index.ts'
import type { Logger } from '../../core/index.ts'
import { Kept } from './kept.ts'
import type { Quotas } from './traffic/limits/quotas.ts'

/** A gateway that is killed forgets what came in the last of these; one that is stopped, nothing. */
const SAVE_MS = 1000

export interface KeptQuotas {
  close(): Promise<void>
}

/** Takes up what was used before a restart, and keeps what is used from now on. */
export async function keepQuotas(quotas: Quotas, dataDir: string, logger: Logger): Promise<KeptQuotas> {
  const read = (json: unknown): QuotaUse[] => z.array(quotaUseSchema).parse(json)
  const kept = new Kept(join(dataDir, 'quotas.json'), 'use of quotas', read, logger)
  quotas.restore((await kept.load()) ?? [])
  let timer: NodeJS.Timeout | undefined
  const save = (): void => {
    timer = undefined
    kept.save(quotas.own())
  }
  quotas.onUse = () => {
    timer ??= setTimeout(save, SAVE_MS)
  }
  return {
    async close() {
      if (timer !== undefined) {
        clearTimeout(timer)
        save()
      }
      await kept.settled
    },
  }
}
