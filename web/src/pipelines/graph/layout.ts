import { layoutNeeds } from './by-needs.ts'
import { layoutColumns, rankColumns, stageColumns } from './columns.ts'
import { type GraphJob, type JobLayout, MEMBER_HEIGHT, MEMBER_INDENT, NODE_HEIGHT } from './geometry.ts'

/** More are placed by rank alone: to find where lines cross least takes seconds. */
const MAX_ROUTED = 150

/**
 * Places jobs from left to right: in columns by stage where there are stages, else each behind what it needs; those of
 * a group below it. A need that names no job is left out.
 */
export function layoutJobs(jobs: readonly GraphJob[], stages: readonly string[] = []): JobLayout {
  const drawn =
    stages.length > 0
      ? layoutColumns(stageColumns(jobs, stages))
      : jobs.length > MAX_ROUTED
        ? layoutColumns(rankColumns(jobs))
        : layoutNeeds(jobs)
  const nodes = new Map(drawn.nodes)
  for (const { name, members = [] } of jobs) {
    const { x, y } = drawn.nodes.get(name)!
    members.forEach((member, index) => {
      nodes.set(member, { x: x + MEMBER_INDENT, y: y + NODE_HEIGHT + index * MEMBER_HEIGHT })
    })
  }
  return { ...drawn, nodes }
}
