import { ListField, Shape, TextField } from './platform/http/fields.js';

@Shape('Warning', 'What a person has to look after.')
export class Warning {
  @TextField({ description: 'Stable; the documentation lists it.' }) code!: string;
  @TextField({ description: 'What was found.' }) message!: string;
  @TextField({ description: 'What to do.' }) next!: string;
}

@Shape('Warnings', 'What the process found at its start; empty when all is well.')
export class Warnings {
  @ListField(() => Warning) items!: Warning[];
}
