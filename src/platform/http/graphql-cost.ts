import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** What fields cost, in fields of the answer: so many are about as much work as one. */
export interface QueryCosts {
  /** Most one operation may cost. */
  readonly budget: number;
  /** By `Type.field`: how many items a list has, or has at most, when `limit` does not say so. */
  readonly lists: Readonly<Record<string, number>>;
  readonly otherLists: number;
  /** By `Type.field`: what is to be done for a field besides its answer. */
  readonly work: Readonly<Record<string, number>>;
}

/** What is asked, with what it takes to know its size. */
export interface AskedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

const metaFields = [SchemaMetaFieldDef, TypeMetaFieldDef];

/** Adds up costs; a list counts as often as it may have items, fragments where they are spread. */
class CostOfQuery {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #known = new Map<string, number>();
  readonly #open = new Set<string>();

  constructor(
    private readonly asked: AskedOperation,
    private readonly costs: QueryCosts,
  ) {
    this.#fragments = new Map(
      asked.document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    );
  }

  /** `limit` is that of a field above whose list stands one level further down. */
  of(set: SelectionSetNode, type: GraphQLNamedType | undefined, limit?: number): number {
    let sum = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) sum += this.#field(selection, type, limit);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        sum += this.#spread(selection.name.value, limit);
      } else {
        const on = selection.typeCondition?.name.value;
        sum += this.of(selection.selectionSet, on ? this.#type(on) : type, limit);
      }
    }
    return sum;
  }

  #type(name: string): GraphQLNamedType | undefined {
    return this.asked.schema.getType(name);
  }

  #field(node: FieldNode, parent: GraphQLNamedType | undefined, limit?: number): number {
    const name = node.name.value;
    const field = fieldOf(parent, name);
    if (field === undefined) return 1; // unknown: refused by a rule of GraphQL itself
    const place = `${parent?.name}.${name}`;
    const own = this.#limit(node, field);
    const alone = (this.costs.work[place] ?? 0) + 1;
    if (!isListType(getNullableType(field.type))) return alone + this.#inner(node, field, own);
    const { lists, otherLists } = this.costs;
    const items = own ?? limit ?? lists[place] ?? otherLists;
    return alone + items * (1 + this.#inner(node, field));
  }

  #inner(node: FieldNode, field: GraphQLField<unknown, unknown>, limit?: number): number {
    const type = getNamedType(field.type);
    const has = node.selectionSet !== undefined && isCompositeType(type);
    return has ? this.of(node.selectionSet, type, limit) : 0;
  }

  /** The argument `limit`, of the query itself, of a variable, or the default one. */
  #limit(node: FieldNode, field: GraphQLField<unknown, unknown>): number | undefined {
    const declared = field.args.find((argument) => argument.name === 'limit');
    if (declared === undefined) return undefined;
    const given = node.arguments?.find((argument) => argument.name.value === 'limit')?.value;
    if (given?.kind === Kind.INT) return countOf(Number(given.value));
    if (given?.kind === Kind.VARIABLE) {
      const variable = countOf(this.#variable(given.name.value));
      if (variable !== undefined) return variable;
    }
    return countOf(declared.defaultValue);
  }

  #variable(name: string): unknown {
    const { variables, operation } = this.asked;
    if (Object.hasOwn(variables, name)) return variables[name];
    const all = operation.variableDefinitions ?? [];
    const value = all.find(({ variable }) => variable.name.value === name)?.defaultValue;
    return value?.kind === Kind.INT ? Number(value.value) : undefined;
  }

  #spread(name: string, limit?: number): number {
    const key = `${name} ${limit}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const definition = this.#fragments.get(name);
    // a cycle is refused by a rule of GraphQL itself; here it only must not loop
    if (definition === undefined || this.#open.has(name)) return 0;
    this.#open.add(name);
    const type = this.#type(definition.typeCondition.name.value);
    const cost = this.of(definition.selectionSet, type, limit);
    this.#open.delete(name);
    this.#known.set(key, cost);
    return cost;
  }
}

const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;

const fieldOf = (
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined => {
  const meta = metaFields.find((field) => field.name === name);
  if (meta !== undefined) return meta;
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  return type.getFields()[name];
};

/** What the answer to an operation may cost at most, in fields; introspection is counted too. */
export const queryCost = (asked: AskedOperation, costs: QueryCosts): number => {
  const { schema, operation } = asked;
  const root = schema.getRootType(operation.operation) ?? undefined;
  return new CostOfQuery(asked, costs).of(operation.selectionSet, root);
};
