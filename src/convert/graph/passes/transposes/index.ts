import type { Graph } from '../graph.ts'
import { chooseLayouts, regionsOf } from './choose.ts'
import { familiesOf } from './family.ts'
import { layoutsOf } from './layouts.ts'
import { settle } from './settle.ts'
import { tensorsOf } from './tensors.ts'

/**
 * Leaves as few Transposes as there can be: each order of axes and its inverse in turn. Nodes that compute the same
 * whichever way their tensors lie are turned where that spares Transposes around them.
 */
export function removeTransposes(graph: Graph): void {
  for (const family of familiesOf(graph)) {
    const layouts = layoutsOf(graph, family)
    for (const region of regionsOf(graph, layouts, tensorsOf(graph, layouts))) {
      const chosen = chooseLayouts(graph, layouts, region)
      if (chosen) settle(graph, family, layouts, region, chosen)
    }
  }
}
