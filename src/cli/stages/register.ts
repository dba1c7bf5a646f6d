import { stat } from 'node:fs/promises'
import type { StageResult } from '../../api/index.ts'
import { isRunnable, type ModelRepository } from '../../config/index.ts'
import { BallastError, digestOfFile, formatSize, resolveInside } from '../../core/index.ts'
import type { StageContext } from './context.ts'
import { readConversion, stageModelConfig } from './converted.ts'
import { inWorkspace, type ModelFiles, modelFilesOf, openFiles } from './model-files.ts'
import { referenceOutputs } from './reference.ts'
import { readJudged } from './rows.ts'
import { checkScanned } from './scan.ts'

/**
 * Makes the manifest of a version, and the reference outputs that every replica of it must reproduce. What is
 * registered are the very bytes that were scanned and evaluated.
 */
export async function registerStage({ workspace, repository, input }: StageContext): Promise<StageResult> {
  const files = await modelFilesOf(workspace, repository)
  const names = await namesOf(files)
  const blobs = await Promise.all(names.map(name => describeFile(workspace, name)))
  await checkScanned(workspace, blobs)
  const converted = (await readConversion(workspace, repository))?.files ?? []
  const [served = blobs[0]!] = converted
  const judged = await readJudged(workspace, 'candidate')
  if (judged && judged.evaluation.modelDigest !== served.digest) {
    throw new BallastError('MODEL_CHANGED', {
      message: `The evaluated model was ${judged.evaluation.modelDigest}, and this one is ${served.digest}`,
      hint: 'A job changed the model file after it was evaluated; make it before.',
    })
  }
  const config = await stageModelConfig(workspace, repository)
  const reference = isRunnable(served.name)
    ? await referenceOutputs(await resolveInside(workspace, served.name), config)
    : undefined
  const all = [...blobs, ...converted]
  const bytes = all.reduce((sum, { size }) => sum + size, 0)
  return {
    stage: 'register',
    verdict: 'passed',
    summary: [`${repository.model.name}: ${formatSize(bytes)}, ${served.digest.slice(0, 19)}`],
    records: {
      ...(reference && { 'reference-outputs': reference }),
      // Also where it asks for nothing: the same bytes may have asked for something before.
      serving: { ...repository.serve, ...askedVariants(repository) },
    },
    manifest: {
      model: repository.model.name,
      commit: input.commit,
      files: all,
      config: JSON.parse(JSON.stringify(config)),
    },
  }
}

/** Which environments ask for another form of the version than the search chooses. */
function askedVariants({ environments }: ModelRepository): { variants?: Record<string, string> } {
  const asked = environments.flatMap(({ name, variant }) => (variant === undefined ? [] : [[name, variant]]))
  return asked.length > 0 ? { variants: Object.fromEntries(asked) } : {}
}

/** Of every file that belongs to the model, the main one first. */
async function namesOf(files: ModelFiles): Promise<readonly string[]> {
  const model = await openFiles(files)
  try {
    return model.file.files.map(({ path }) => inWorkspace(files, path))
  } finally {
    await model.close()
  }
}

async function describeFile(workspace: string, name: string) {
  const file = await resolveInside(workspace, name)
  return { name, digest: await digestOfFile(file), size: (await stat(file)).size }
}
