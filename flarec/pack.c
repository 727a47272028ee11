/* pack.c - a program of the build: writes text files as a C array.
 *
 *   pack OUT.c NAME FILE...
 */
#include <stdio.h>
#include <string.h>

static int refuse(const char *path)
{
    perror(path);
    return 1;
}

/* The file's bytes as numbers: string literals may not be longer than 4095. */
static int pack_bytes(FILE *to, const char *path, size_t index, size_t *length)
{
    FILE *const file = fopen(path, "rb");
    int byte;

    if (file == NULL)
        return refuse(path);
    fprintf(to, "static const char text_%zu[] = {", index);
    for (*length = 0; (byte = fgetc(file)) != EOF; (*length)++)
        fprintf(to, "%s%d,", *length % 24 == 0 ? "\n    " : " ", byte > 127 ? byte - 256 : byte);
    fputs("\n    0};\n", to);
    const int failed = ferror(file) ? refuse(path) : 0;
    fclose(file);
    return failed;
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fputs("usage: pack OUT.c NAME FILE...\n", stderr);
        return 2;
    }
    FILE *const to = fopen(arguments[1], "wb");
    if (to == NULL)
        return refuse(arguments[1]);
    int failed = 0;
    fprintf(to, "#include \"pack.h\"\n\nextern const struct pack_file %s[];\n\n", arguments[2]);
    for (int i = 3; i < count && !failed; i++) {
        size_t length;
        failed = pack_bytes(to, arguments[i], (size_t)i, &length);
    }
    fprintf(to, "\nconst struct pack_file %s[] = {\n", arguments[2]);
    for (int i = 3; i < count; i++) {
        const char *const slash = strrchr(arguments[i], '/');
        fprintf(to, "    {\"%s\", text_%d, sizeof text_%d - 1},\n", slash != NULL ? slash + 1 : arguments[i],
                i, i);
    }
    fputs("    {0, 0, 0}};\n", to);
    if (fclose(to) != 0 || failed) {
        remove(arguments[1]);
        return failed ? 1 : refuse(arguments[1]);
    }
    return 0;
}
