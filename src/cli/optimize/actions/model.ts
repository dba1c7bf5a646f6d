import { resolveInside } from '../../../core/index.ts'
import { localRepository } from '../../stages/local.ts'

/** The model of a repository. */
export async function modelOf(folder: string): Promise<string> {
  return resolveInside(folder, (await localRepository(folder)).model.file)
}
