import { readdir, readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { configFromConvention, type ModelRepository, parseConfig } from '../../config/index.ts'
import { BallastError, formatDiagnostic, hasErrors, systemCode } from '../../core/index.ts'

/** The configuration of a model repository on this machine. Prints warnings; throws CONFIG_INVALID with all errors. */
export async function localRepository(folder: string): Promise<ModelRepository> {
  const repositoryName = basename(resolve(folder))
  const text = await readFile(`${folder}/ballast.yaml`, 'utf8').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  })
  const parsed =
    text === undefined
      ? configFromConvention(await readdir(folder), { repositoryName })
      : parseConfig(text, { file: 'ballast.yaml', repositoryName })
  if (!parsed)
    throw new BallastError('CONFIG_MISSING', {
      message: `${resolve(folder)} has no ballast.yaml and no model file`,
      hint: 'Write `model: model.onnx` into a file ballast.yaml.',
    })
  const lines = parsed.diagnostics.map(formatDiagnostic)
  if (!parsed.repository || hasErrors(parsed.diagnostics))
    throw new BallastError('CONFIG_INVALID', {
      message: `ballast.yaml can't be used:\n${lines.join('\n')}`,
      hint: '`ballast validate` shows the same.',
    })
  for (const line of lines) process.stderr.write(`${line}\n`)
  return parsed.repository
}
