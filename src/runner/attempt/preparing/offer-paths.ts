import type { Offer } from '../../../api/index.ts'
import { relativePath } from '../../script/environment.ts'

/** An offer whose paths of artifacts and caches are relative to the workspace, however they were written. */
export function withRelativePaths(offer: Offer): Offer {
  const { artifactRules, caches } = offer
  return {
    ...offer,
    artifacts: offer.artifacts.map(relativePath),
    ...(artifactRules && {
      artifactRules: {
        ...artifactRules,
        exclude: artifactRules.exclude.map(relativePath),
        reports: artifactRules.reports.map(({ kind, paths }) => ({ kind, paths: paths.map(relativePath) })),
      },
    }),
    ...(caches && { caches: caches.map(cache => ({ ...cache, paths: cache.paths.map(relativePath) })) }),
  }
}
