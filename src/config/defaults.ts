import { basename, extname } from 'node:path'
import type { MetricName } from '../evaluate/index.ts'
import type { PreprocessStep, Task } from '../model/index.ts'
import { MODEL_NAME } from './sections/model.ts'
import type { RepositoryFacts } from './types.ts'

export const DEFAULT_FILE = 'ballast.yaml'
export const DEFAULT_BRANCH = 'main'
export const DEFAULT_ENVIRONMENT = 'production'

/** The project's name without its group; else the file's without its extension; made fit to be a name. */
export function defaultModelName(file: string, { repositoryName }: RepositoryFacts): string {
  const stem = basename(file, extname(file))
  for (const candidate of [repositoryName?.split('/').at(-1), stem]) {
    const name = candidate
      ?.replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 63)
      .replace(/[^A-Za-z0-9]+$/, '')
    if (name && MODEL_NAME.test(name)) return name
  }
  return 'model'
}

/** What takes images classifies them, and what has labels classifies. */
export function guessTask(preprocess: readonly PreprocessStep[], hasLabels: boolean): Task {
  if (preprocess[0]?.kind === 'decode') return 'image-classification'
  return hasLabels ? 'classification' : 'generic'
}

const CLASSIFICATION: readonly MetricName[] = [
  'accuracy',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'log_loss',
]
const REGRESSION: readonly MetricName[] = ['mae', 'rmse']
const EVERY: readonly MetricName[] = ['latency_p50', 'latency_p95', 'latency_p99', 'size']

/** What is measured where the file does not say. */
export function defaultMetrics(task: Task): readonly MetricName[] {
  switch (task) {
    case 'image-classification':
    case 'classification':
      return [...CLASSIFICATION, ...EVERY]
    case 'regression':
      return [...REGRESSION, ...EVERY]
    case 'generic':
      return EVERY
  }
}

/** Metrics that a task can't have: a regression has no accuracy. Of a generic model nothing is known. */
export function isMeaningless(metric: MetricName, task: Task): boolean {
  if (task === 'regression') return CLASSIFICATION.includes(metric)
  return task !== 'generic' && REGRESSION.includes(metric)
}
