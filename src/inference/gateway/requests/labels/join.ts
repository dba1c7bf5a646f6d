import { z } from 'zod'
import { SHADOW } from '../mirrored.ts'
import type { Effect } from './counts.ts'
import { aboutSchema } from './counts.ts'
import type { Kind, Truth } from './feedback.ts'
import { type Judgement, judge } from './judge.ts'

/** Of a record, what feedback is joined with. */
const recordSchema = z.object({
  versionId: z.string(),
  arm: z.string(),
  rollout: aboutSchema.shape.rollout,
  group: aboutSchema.shape.group,
  status: z.number(),
  decided: z
    .array(
      z.object({
        label: z.string().optional(),
        index: z.number().optional(),
        value: z.number().optional(),
      }),
    )
    .optional(),
})

/**
 * What a piece of feedback adds, given the records of its request: the one that its caller got, and those of shadows. A
 * label is compared with each; a score or a reward is about what the caller got.
 */
export function effectsOf(records: readonly string[], kind: Kind, value: Truth): readonly Effect[] {
  const answers = records.flatMap(json => recordSchema.safeParse(JSON.parse(json)).data ?? [])
  const primary = answers.find(({ arm }) => arm !== SHADOW)
  if (kind !== 'label') {
    return primary && typeof value === 'number' ? [{ kind, about: aboutOf(primary), value }] : []
  }
  const judged = answers.map(answer => ({ answer, judgement: judge(value, answer.decided as never) }))
  const effects: Effect[] = judged.map(({ answer, judgement }) => ({
    kind,
    about: aboutOf(answer),
    ...(judgement && { correct: [...judgement.correct], errors: [...judgement.errors] }),
  }))
  const first = judged.find(({ answer }) => answer === primary)
  for (const { answer, judgement } of judged) {
    if (answer.arm !== SHADOW || !first || !isPaired(first.judgement) || !isPaired(judgement)) continue
    effects.push({
      kind: 'pair',
      about: aboutOf(first.answer),
      shadow: answer.versionId,
      primaryCorrect: [...first.judgement.correct],
      shadowCorrect: [...judgement.correct],
    })
  }
  return effects
}

function isPaired(judgement: Judgement | undefined): judgement is Judgement {
  return judgement !== undefined && judgement.correct.length > 0
}

function aboutOf({ versionId, arm, rollout, group }: z.infer<typeof recordSchema>): Effect['about'] {
  return { version: versionId, arm, ...(rollout && { rollout }), ...(group !== undefined && { group }) }
}
