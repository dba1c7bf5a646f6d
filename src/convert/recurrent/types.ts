import type { OnnxDtype, OnnxTensor } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'

/** A cell that ONNX has an operator for. */
export type CellKind = 'LSTM' | 'GRU' | 'RNN'

/**
 * Gates by letter, in the order in which ONNX keeps them. LSTM: input, output, forget, cell; GRU: update, reset,
 * hidden.
 */
export const ONNX_GATES: Readonly<Record<CellKind, string>> = { LSTM: 'iofc', GRU: 'zrh', RNN: 'h' }

/** Weights of all gates of a cell, gate after gate. */
export interface GateWeights {
  /** The letters of `ONNX_GATES` in the order of the source: `ifco`, `rzh`. */
  readonly gates: string
  /** A weight that is not in the graph yet. */
  readonly tensor: OnnxTensor
}

/** A kernel: [features, gates × units] in `columns`, as Keras has it; [gates × units, features] in `rows`, as ONNX and PyTorch do. */
export interface GateMatrix extends GateWeights {
  readonly layout: 'columns' | 'rows'
}

/** A function that a cell applies, over the elements or over the last axis. */
export interface Activation {
  /** How the recurrent operators of ONNX call it, where they know it. */
  readonly native?: { readonly name: string; readonly alpha?: number; readonly beta?: number }
  apply(b: Emitter, x: Value): Value
}

/** A cell with its weights; the formulas are those of ONNX's LSTM, GRU and RNN without peepholes. */
export interface Cell {
  readonly kind: CellKind
  readonly dtype: OnnxDtype
  readonly features: number
  readonly units: number
  readonly kernel: GateMatrix
  readonly recurrentKernel: GateMatrix
  /** [gates × units]: added to what comes from the input. */
  readonly bias?: GateWeights
  /** [gates × units]: added to what comes from the state. */
  readonly recurrentBias?: GateWeights
  /** Of what is kept and given: g and h of an LSTM, g of a GRU, f of an RNN. */
  readonly activation: Activation
  /** Of the gates; f of an LSTM and a GRU. */
  readonly gateActivation?: Activation
  /** Of a GRU: the reset gate is applied after the matrix product, `linear_before_reset`. */
  readonly resetAfter?: boolean
}

/** What a recurrence goes over. */
export interface Steps {
  /** Time first: [steps, batch, features…]. */
  readonly x: Value
  /** int32 [batch]: how many steps of each row count; all where absent. */
  readonly lengths?: Value
  /** From the last step that counts to the first. */
  readonly backwards?: boolean
  /** A tensor for each state of the cell, [batch, units…]; zeros where absent. */
  readonly initial?: readonly Value[]
}

/** What a recurrence gives. */
export interface Recurrence {
  /** [steps, batch, units…] in the order of the input; not defined at steps that don't count. */
  readonly sequence: Value
  /** After the last step: [batch, units…] each, the cell's output first. */
  readonly states: readonly Value[]
}
