import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StageResult } from '../../api/index.ts'
import { BallastError, digestOfFile, formatSize, resolveInside } from '../../core/index.ts'
import { modelConfigOf, type StageContext } from './context.ts'
import { inspectFile } from './inspect.ts'
import { referenceOutputs } from './reference.ts'
import { readJudged } from './rows.ts'

/** Makes the manifest of a version, and the reference outputs that every replica of it must reproduce. */
export async function registerStage({ workspace, repository, input }: StageContext): Promise<StageResult> {
  const file = await resolveInside(workspace, repository.model.file)
  const { external } = await inspectFile(file)
  const folder = dirname(repository.model.file)
  const names = [repository.model.file, ...external.map(({ location }) => join(folder, location))]
  const files = await Promise.all(names.map(name => describeFile(workspace, name)))
  const judged = await readJudged(workspace, 'candidate')
  if (judged && judged.evaluation.modelDigest !== files[0]!.digest) {
    throw new BallastError('MODEL_CHANGED', {
      message: `The evaluated model was ${judged.evaluation.modelDigest}, and this one is ${files[0]!.digest}`,
      hint: 'A job changed the model file after it was evaluated; make it before.',
    })
  }
  const config = await modelConfigOf(workspace, repository)
  const reference = await referenceOutputs(file)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  return {
    stage: 'register',
    verdict: 'passed',
    summary: [`${repository.model.name}: ${formatSize(bytes)}, ${files[0]!.digest.slice(0, 19)}`],
    records: reference ? { 'reference-outputs': reference } : {},
    manifest: {
      model: repository.model.name,
      commit: input.commit,
      files,
      config: JSON.parse(JSON.stringify(config)),
    },
  }
}

async function describeFile(workspace: string, name: string) {
  const file = await resolveInside(workspace, name)
  return { name, digest: await digestOfFile(file), size: (await stat(file)).size }
}
