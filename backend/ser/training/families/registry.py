"""The families of models by name. A new family is one file beside this one, and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ser.errors import ConfigError
from ser.registry import Registry

if TYPE_CHECKING:
    from ser.training.family import Family

FAMILIES: Registry[type[Family[Any]]] = Registry(
    "family of models",
    {
        "hybrid": "ser.training.families.hybrid:Hybrid",
        "bilstm": "ser.training.families.bilstm:Bilstm",
        "dense-105": "ser.training.families.dense_105:Dense105",
        "dense-105-8": "ser.training.families.dense_105:Dense105With8",
        "cnn-lstm-voting": "ser.training.families.cnn_lstm_voting:CnnLstmVoting",
        "cnn-lstm-42": "ser.training.families.cnn_lstm_42:CnnLstm42",
        "voice-gender": "ser.training.families.voice_gender:VoiceGender",
        "hindi-svm": "ser.training.families.classical:SupportVectors",
        "hindi-random-forest": "ser.training.families.classical:RandomForest",
        "hindi-decision-tree": "ser.training.families.classical:DecisionTree",
        "hindi-mlp": "ser.training.families.classical:Perceptron",
        "hindi-knn": "ser.training.families.classical:Neighbours",
        "hindi-lstm": "ser.training.families.hindi_lstm:HindiLstm",
        "bert-tokens": "ser.training.families.bert_tokens:BertTokens",
    },
    error=ConfigError,
)
