import { DEFAULT_ANALYSIS, type EnvironmentRequest, type ModelRepository } from '../../../config/index.ts'
import { branchMatches } from '../../../core/index.ts'
import { previewNameOf } from './name.ts'

/** The job of a plan that deploys to a preview, whatever the branch. */
export const PREVIEW_JOB = 'deploy:preview'

/**
 * What a file asks for a branch that gets a private endpoint; undefined for the default branch, and where the file
 * has none for it. There is nothing to compare with, so all traffic goes to it at once.
 */
export function previewRequest(
  { preview }: ModelRepository,
  branch: string | undefined,
  defaultBranch: string,
): EnvironmentRequest | undefined {
  if (!preview || branch === undefined || branch === defaultBranch) return undefined
  if (!branchMatches(preview.branch, branch)) return undefined
  return {
    name: previewNameOf(branch),
    branch: preview.branch,
    strategy: 'immediate',
    steps: [],
    analysis: DEFAULT_ANALYSIS,
    approve: false,
    expiresMs: preview.expiresMs,
  }
}
