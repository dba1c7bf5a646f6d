import { type ApiClient, type AttemptView, pipelineViewSchema } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'

/** `project#3` or an id, as a path of the API. */
export function pathOf(pipeline: string): string {
  const match = /^(.+)#(\d+)$/.exec(pipeline)
  return match
    ? `/projects/${encodeURIComponent(match[1]!)}/pipelines/${match[2]}`
    : `/pipelines/${encodeURIComponent(pipeline)}`
}

/** The latest attempt of a job, by its name. Throws NO_ATTEMPT. */
export async function latestAttempt(client: ApiClient, pipeline: string, job: string): Promise<AttemptView> {
  const { jobs } = await client.get(pathOf(pipeline), pipelineViewSchema)
  const found = jobs.find(({ name }) => name === job)
  const attempt = found?.attempts.at(-1)
  if (attempt) return attempt
  throw new BallastError('NO_ATTEMPT', {
    message: found
      ? `Job '${job}' is ${found.state} and was not tried yet`
      : `Pipeline ${pipeline} has no job '${job}'`,
    hint: `Its jobs: ${jobs.map(({ name }) => name).join(', ')}.`,
  })
}
