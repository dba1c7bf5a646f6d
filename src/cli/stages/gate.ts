import { stat } from 'node:fs/promises'
import type { StageResult } from '../../api/index.ts'
import { BallastError, combineVerdicts, digestOfFile } from '../../core/index.ts'
import { type Gate, type GateResult, judgeGates, parseGate } from '../../evaluate/index.ts'
import type { StageContext } from './context.ts'
import { runnableModel } from './converted.ts'
import { type Judged, readJudged } from './rows.ts'

/** Judges the candidate by the file's gates and the environment's own; every gate is told, not the first alone. */
export async function gateStage({ workspace, repository, input }: StageContext): Promise<StageResult> {
  const file = await runnableModel(workspace, repository)
  const candidate = await candidateOf(workspace, file)
  const production = await readJudged(workspace, 'production')
  const gates = allGates(repository.gates, input.policyGates)
  const results = judgeGates(gates, candidate, production)
  return {
    stage: 'gate',
    verdict: overall(results),
    summary: results.map(({ summary }) => summary),
    records: { gates: JSON.parse(JSON.stringify(results)) },
  }
}

/** Nothing that applies and nothing that failed: a first version with comparisons only passes. */
export function overall(results: readonly GateResult[]): StageResult['verdict'] {
  const verdict = combineVerdicts(results.map(result => result.verdict))
  return verdict === 'not applicable' ? 'passed' : verdict
}

export function allGates(own: readonly Gate[], policy: readonly string[]): readonly Gate[] {
  const texts = new Set(own.map(({ text }) => text))
  return [...own, ...policy.filter(text => !texts.has(text)).map(text => parseGate(text))]
}

/** What the evaluate stage handed on; without one, the facts that need no data: the size. */
async function candidateOf(workspace: string, file: string): Promise<Judged> {
  const modelDigest = await digestOfFile(file)
  const judged = await readJudged(workspace, 'candidate')
  if (judged && judged.evaluation.modelDigest !== modelDigest) {
    throw new BallastError('MODEL_CHANGED', {
      message: `The evaluated model was ${judged.evaluation.modelDigest}, and this one is ${modelDigest}`,
      hint: 'A job changed the model file after it was evaluated; make it before.',
    })
  }
  if (judged) return judged
  const { size } = await stat(file)
  return {
    evaluation: {
      examples: 0,
      dataDigest: modelDigest,
      modelDigest,
      metrics: { size },
      classes: [],
      confusion: [],
      latency: { runs: 0, batch: 0, threads: 0 },
    },
    rows: { truth: [], predicted: [] },
  }
}
