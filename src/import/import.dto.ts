import { ArgsType, Field, Int } from '@nestjs/graphql';
import {
  ByteCountField,
  IntField,
  ListField,
  Shape,
  TextField,
  TimeField,
  WordField,
  wordsOf,
} from '../platform/http/fields.js';
import { WholeNumber } from '../platform/http/inputs.js';

const fileIds = { minimum: 1, maximum: 2 ** 31 - 1 };
const mostFiles = 1000;
const defaultFiles = 100;

const fileStates = wordsOf(
  'ImportState',
  ['queued', 'importing', 'done', 'failed'],
  'What became of a file.',
);

/** A file as REST and GraphQL show it: lines = counted + late + waiting + duplicate + rejected. */
@Shape('ImportedFile', 'A CDR file and its book.')
export class ImportedFile {
  @IntField(fileIds) id!: number;
  @TextField() name!: string;
  @TextField() feed!: string;
  @TextField({ nullable: true, description: 'Of the whole file, once it was read.' })
  sha256!: string | null;
  @WordField(fileStates) state!: string;
  @ByteCountField() bytes!: number;
  @IntField() lines!: number;
  @IntField() counted!: number;
  @IntField() late!: number;
  @IntField() waiting!: number;
  @IntField() duplicate!: number;
  @IntField() rejected!: number;
  @TimeField({ nullable: true }) firstRecordedAt!: string | null;
  @TimeField({ nullable: true }) lastRecordedAt!: string | null;
  @TimeField() registeredAt!: string;
  @TimeField({ nullable: true }) finishedAt!: string | null;
  @TextField({ nullable: true, description: 'Why it failed.' }) reason!: string | null;
}

@Shape('ImportedFiles', 'Files with their books, newest first.')
export class ImportedFiles {
  @ListField(() => ImportedFile) items!: ImportedFile[];
  @IntField({ nullable: true, description: '`after` of the next page; null on the last one.' })
  next!: number | null;
}

/** A page of files. */
@ArgsType()
export class FilesQuery {
  @Field(() => Int, { defaultValue: defaultFiles })
  @WholeNumber({ minimum: 1, maximum: mostFiles }, { optional: true, default: defaultFiles })
  limit: number = defaultFiles;

  @Field(() => Int, { nullable: true })
  @WholeNumber(fileIds, { optional: true, description: '`next` of the page before' })
  after?: number;
}

/** The file of a path. */
export class FilePath {
  @WholeNumber(fileIds) id!: number;
}
