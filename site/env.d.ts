declare namespace App {
  interface Locals {
    /** How many `<Compare>`s the page has so far. */
    compares?: number;
  }
}
