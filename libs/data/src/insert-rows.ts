/**
 * An INSERT of any number of rows from one JSON parameter, an array of objects with the columns' names. One statement for one
 * or for five hundred rows, so it is planned alike and costs one round trip. Table and columns come from the code alone.
 */
export const insertRows = (table: string, columns: string, parameter: number): string =>
  `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $${parameter}::json)`;
