/* problems.c - components/schemas of what the runtime says itself. */
#include "publish/publish.h"

static const char problem_members[] =
    "{\n"
    "        \"type\": \"object\",\n"
    "        \"description\": \"A problem (RFC 9457).\",\n"
    "        \"required\": [\"type\", \"title\", \"status\"],\n"
    "        \"examples\": [{\"type\": \"about:blank\", \"title\": \"Not Found\", \"status\": 404}],\n"
    "        \"properties\": {\n"
    "          \"type\": {\"type\": \"string\", \"format\": \"uri-reference\"},\n"
    "          \"title\": {\"type\": \"string\"},\n"
    "          \"status\": {\"type\": \"integer\", \"minimum\": 400, \"maximum\": 599},\n"
    "          \"detail\": {\"type\": \"string\"}\n"
    "        }\n"
    "      }";

static const char refusal_members[] =
    "{\n"
    "        \"description\": \"A problem that names each input that broke its declaration.\",\n"
    "        \"allOf\": [{\"$ref\": \"#/components/schemas/flare.Problem\"}],\n"
    "        \"examples\": [{\"type\": \"urn:flare:invalid-request\", \"title\": \"Invalid request\", "
    "\"status\": 400, \"errors\": [{\"in\": \"query\", \"name\": \"limit\", \"rule\": \"max\"}]}],\n"
    "        \"properties\": {\n"
    "          \"errors\": {\n"
    "            \"type\": \"array\",\n"
    "            \"maxItems\": 32,\n"
    "            \"items\": {\n"
    "              \"type\": \"object\",\n"
    "              \"required\": [\"in\", \"rule\"],\n"
    "              \"properties\": {\n"
    "                \"in\": {\"type\": \"string\", \"enum\": [\"path\", \"query\", \"header\", \"cookie\", "
    "\"body\"]},\n"
    "                \"name\": {\"type\": \"string\"},\n"
    "                \"pointer\": {\"type\": \"string\", \"format\": \"json-pointer\"},\n"
    "                \"rule\": {\"type\": \"string\"}\n"
    "              }\n"
    "            }\n"
    "          }\n"
    "        }\n"
    "      }";

void replies_schemas(struct publisher *publisher)
{
    writer_raw(&publisher->writer, "flare.Problem", problem_members);
    writer_raw(&publisher->writer, "flare.Refusal", refusal_members);
}
