"""Makes the folder `bert-unigram` (after models.py): BERT with XLM-RoBERTa's tokenizer, as multilingual-e5-small and
paraphrase-multilingual-MiniLM-L12-v2 have it: its padding id is not the network's, and there are more embeddings than
tokens. Cases: both classes that such folders name.

    python tools/gold/bert-unigram.py
"""

import logging
import warnings

import models
import torch
import transformers

NAMES = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>",
         "unk_token": "<unk>", "mask_token": {"content": "<mask>", "lstrip": True, "normalized": True, "__type": "AddedToken"}}  # fmt: skip


def make():
    folder = models.mean_pooling_folder("bert-unigram", 16, 64)
    models.write_json(folder / "modules.json", models.modules_json(("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")))
    tokenizer, vocabulary = models.unigram()
    config = transformers.BertConfig(vocab_size=len(vocabulary) + 35, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                                     intermediate_size=48, max_position_embeddings=64, type_vocab_size=2, pad_token_id=0)  # fmt: skip
    models.randomise(transformers.BertModel(config), 21).save_pretrained(folder)
    models.write_tokenizer(folder, tokenizer, models.ROBERTA_SPECIAL, {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 64})


warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
torch.set_num_threads(1)
make()
gold = models.Gold("bert-unigram")
gold.case("as saved")
settings = {"do_lower_case": True, "tokenize_chinese_chars": True, "strip_accents": None, "model_max_length": 512}
for name in ("PreTrainedTokenizerFast", "XLMRobertaTokenizerFast"):
    gold.case(f"the class {name}", {"tokenizer_config.json": {**NAMES, **settings, "tokenizer_class": name}})
gold.case("cut", {"sentence_bert_config.json": {"max_seq_length": 9, "do_lower_case": False}})
gold.case("lower case", {"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": True}})
gold.write()
