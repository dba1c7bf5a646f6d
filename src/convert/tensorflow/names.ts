/** Names of calls that TensorFlow gives itself say nothing. */
const UNNAMED = /(^|\/)(Stateful|Stateless)?PartitionedCall(_\d+)?$/

/** What stands before names in a function that is called: `model/dense/StatefulPartitionedCall` is `model/dense`. */
export function callPath(name: string): string {
  return name.replace(UNNAMED, '')
}

/** A name in a function; one that has the path of its call already, as Keras 3 writes them, stays as it is. */
export function placed(prefix: string, name: string): string {
  return prefix === '' || name === prefix || name.startsWith(`${prefix}/`) ? name : `${prefix}/${name}`
}
