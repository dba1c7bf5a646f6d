import type { Graph } from '../graph.ts'
import { fuseGelu } from './gelu.ts'
import { fuseHardSwish } from './hard-swish.ts'
import { fuseLayerNorm } from './layer-norm.ts'

/** What ONNX has one operator for, and a framework's graph several: one kernel goes over the data once. */
export function fuse(graph: Graph): void {
  fuseLayerNorm(graph)
  fuseGelu(graph)
  fuseHardSwish(graph)
}
