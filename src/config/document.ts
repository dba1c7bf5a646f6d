import { type Fields, optional, required, type StructOf, type StructRule } from './reader/composites.ts'
import { placed } from './reader/reader.ts'
import { ciSection } from './sections/ci.ts'
import { convertSection } from './sections/convert.ts'
import { deploySection } from './sections/deploy.ts'
import { evaluateSection } from './sections/evaluate.ts'
import { gatesSection } from './sections/gates.ts'
import { jobsSection } from './sections/jobs/jobs.ts'
import { modelSection } from './sections/model.ts'
import { optimizeSection } from './sections/optimize.ts'
import { serveSection } from './sections/serve.ts'

const fields = {
  model: required(modelSection, 'the model, as model: model.onnx or as a map'),
  jobs: optional(jobsSection, 'ordinary CI jobs, by name', {}),
  ci: optional(ciSection, 'an existing CI file, such as .gitlab-ci.yml, whose jobs run instead of jobs:'),
  convert: optional(
    convertSection,
    'how a model that is not ONNX is converted; false: it is versioned, and not served',
  ),
  evaluate: optional(evaluateSection, 'what the model is judged on'),
  gates: optional(gatesSection, 'conditions that a version must meet', []),
  optimize: optional(
    placed(optimizeSection),
    'auto, or which variants are made and judged; the best of those that pass is what ships',
  ),
  serve: optional(serveSection, 'how the model is served: memory, waiting, threads; not what it answers'),
  deploy: optional(
    deploySection,
    'environments by name; default: production, from the default branch, by canary. An empty map deploys nowhere',
  ),
} satisfies Fields

/** ballast.yaml as written, section by section. */
export type Document = StructOf<typeof fields>

export const documentRule: StructRule<typeof fields> = {
  what: 'ballast.yaml',
  fields,
}
