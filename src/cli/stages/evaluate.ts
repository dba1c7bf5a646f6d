import type { StageResult } from '../../api/index.ts'
import type { ModelRepository } from '../../config/index.ts'
import { digestOfFile, formatDuration, resolveInside } from '../../core/index.ts'
import {
  type Dataset,
  type Evaluation,
  evaluateModel,
  formatMetric,
  type MetricName,
  openDataset,
} from '../../evaluate/index.ts'
import { openModel } from '../../formats/index.ts'
import { loadOnnx, type ModelConfig } from '../../model/index.ts'
import { productionModelFile, type StageContext } from './context.ts'
import { runnableModel, stageModelConfig } from './converted.ts'
import { type Judged, writeJudged } from './rows.ts'

/** Enough to keep a core busy; a model with large inner tensors must still fit in memory. */
const BATCH = 16

/** Runs the candidate, and what production serves, over the same data; hands the rows on to the gate. */
export async function evaluateStage(
  context: StageContext,
  say: (line: string) => void,
): Promise<StageResult> {
  const { workspace, repository } = context
  const wanted = repository.evaluate
  if (!wanted) throw new TypeError('There is nothing to evaluate on')
  const data = await openDataset(await resolveInside(workspace, wanted.data), {
    rows: 'allowed',
    ...(wanted.inputField !== undefined && { inputField: wanted.inputField }),
    ...(wanted.labelField !== undefined && { labelField: wanted.labelField }),
  })
  try {
    return await evaluateOn(data, wanted, context, say)
  } finally {
    await data.close()
  }
}

async function evaluateOn(
  data: Dataset,
  wanted: NonNullable<ModelRepository['evaluate']>,
  context: StageContext,
  say: (line: string) => void,
): Promise<StageResult> {
  const { workspace, repository, input } = context
  const config = await stageModelConfig(workspace, repository)
  const limit = wanted.limit === undefined ? {} : { limit: wanted.limit }
  const candidate = await judge(
    await runnableModel(workspace, repository),
    config,
    data,
    'candidate',
    say,
    limit,
  )
  await writeJudged(workspace, 'candidate', candidate)
  const productionFile = productionModelFile(context)
  if (productionFile && input.production) {
    const production = await judge(
      productionFile,
      input.production.config as ModelConfig,
      data,
      `production v${input.production.number}`,
      say,
      limit,
    )
    await writeJudged(workspace, 'production', production)
  }
  return {
    stage: 'evaluate',
    verdict: 'passed',
    summary: describeEvaluation(candidate.evaluation, wanted.metrics),
    records: { evaluation: JSON.parse(JSON.stringify(candidate.evaluation)) },
  }
}

export async function judge(
  file: string,
  config: ModelConfig,
  data: Dataset,
  who: string,
  say: (line: string) => void,
  options: { readonly limit?: number } = {},
): Promise<Judged> {
  const started = performance.now()
  const session = await loadOnnx(file)
  try {
    let told = 0
    const judged = await evaluateModel(session, config, data, {
      ...options,
      modelDigest: await digestOfFile(file),
      modelSize: await sizeOf(file),
      batch: BATCH,
      onProgress(done, total) {
        if (done < total && performance.now() - told < 1000) return
        told = performance.now()
        say(`${who}: ${done} of ${total} examples`)
      },
    })
    say(`${who}: done in ${formatDuration(performance.now() - started)}`)
    return judged
  } finally {
    await session.close()
  }
}

/** Bytes of the file and of those that it names. */
async function sizeOf(file: string): Promise<number> {
  const model = await openModel(file)
  try {
    return model.file.size
  } finally {
    await model.close()
  }
}

export function describeEvaluation(
  { examples, metrics }: Evaluation,
  wanted: readonly MetricName[],
): string[] {
  const figures = wanted.flatMap(name =>
    metrics[name] === undefined ? [] : [`${name} ${formatMetric(name, metrics[name])}`],
  )
  return [`${examples.toLocaleString('en')} examples: ${figures.join(', ')}`]
}
