/* new.h - `flarec new`: a project to start from. */
#ifndef FLAREC_TOOLS_NEW_H
#define FLAREC_TOOLS_NEW_H

/* Writes the files of a service into the folder, which is made; NULL is one of the service's name here.
 * Nothing is written where one of them is there already or the name can't be a service's. 0, or the exit
 * code. */
int new_project(const char *name, const char *folder);

#endif
