/*
 * Writes the address book (book.h) from what the launcher knows of listeners and generations.
 */
#ifndef AET_BOOK_WRITER_H
#define AET_BOOK_WRITER_H

/* Writes it again if it has changed: after every change, and before an answer that rests on it. */
void aet_book_write(void);

#endif
