import { expect } from 'vitest'
import { z } from 'zod'
import { rolloutRecordsSchema, rolloutViewSchema } from '../../../src/api/index.ts'
import { publicKeyOf, type RolloutId } from '../../../src/core/index.ts'
import { hasEnded, verifyRecords } from '../../../src/rollout/index.ts'
import type { Installation } from './installation.ts'

/** Every decision about every rollout was recorded, once, and each record holds: signature, chain, and what was decided. */
export async function expectRecords({ api }: Installation): Promise<void> {
  const rollouts = await api.get('/models/digits/rollouts', z.array(rolloutViewSchema))
  for (const { id, phase, history } of rollouts) {
    const { records, keys } = await api.get(`/rollouts/${id}/records`, rolloutRecordsSchema)
    const { findings } = verifyRecords(id as RolloutId, records, keys.map(publicKeyOf))
    expect(
      findings.filter(({ kind }) => kind !== 'unfinished'),
      `what is wrong with the records of ${id}`,
    ).toEqual([])
    if (hasEnded(phase)) expect(records, `of ${id}`).toHaveLength(history.length)
  }
}
